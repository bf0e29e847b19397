/* The class GanrtAvatars, the same in Godot 3 and Godot 4. Whoever includes this file defines before how values pass:
 *
 *     arguments            what Godot calls a method with
 *     result               where a method's Variant goes: a pointer
 *     variant, array       room for one
 *     whole(given, place), text_of(given, place)   an argument; 0 or "" where it is left out
 *     give_nil, give_int, give_text, give_bytes, give_array(result, ...)   an array is given away
 *     begin_array(array), append(array, variant)   a variant is given away
 *
 * Every argument may be left out:
 *
 *     open(kit, side = 0, round = 0, cache = "", backends = "", onnxruntime = "", openvino = "", atlas_side = 0)
 *                                        "" or what is wrong; side 0: the model's own size; the rest as in ganrt_avatars.h
 *     request(name, priority = 0)        a ticket, or the negative status; request_look(code, priority) too
 *     cancel(ticket)                     1: it will not be delivered
 *     poll(microseconds)                 [[ticket, status, width, height, RGBA8 as bytes, x, y], ...]: without an atlas bytes,
 *                                        with one a place in it
 *     atlas(), free_cell(x, y)           RGBA8 as bytes, whole; gives a place back
 *     report()                           a line for each backend that was tried
 *     sentence(status), count(): [requested, delivered, waiting, ready, free cells], close()
 *
 * Before open, and after close, ganrt_avatars answers NULL with GANRT_AVATARS_BAD_ARGUMENT. Licence: Apache 2.0, as ganrt's
 * own. */
#define GANRT_GAP 1 /* pixels between the cells of an atlas, so that filtered textures do not see their neighbours */
#define GANRT_MOST 16384 /* pixels a side of Godot's images; the bytes of an atlas are an int there */

typedef struct {
    ganrt_avatars *avatars;
    unsigned char *atlas;
    size_t bytes; /* of the atlas */
} instance;

typedef void method(instance *self, arguments given, result made);

static void end_instance(instance *self)
{
    ganrt_avatars_close(self->avatars);
    free(self->atlas);
    memset(self, 0, sizeof *self);
}

static void method_close(instance *self, arguments given, result made)
{
    (void)given;
    end_instance(self);
    give_nil(made);
}

static uint32_t side_of(arguments given, int place)
{
    int64_t side = whole(given, place);
    return side < 0 || side > UINT32_MAX ? UINT32_MAX : (uint32_t)side;
}

static const char *unless_empty(words text)
{
    return text.bytes ? text.text : NULL;
}

static ganrt_avatars_status open_atlas(instance *self, ganrt_avatars_options *options, uint32_t side)
{
    if (!side)
        return GANRT_AVATARS_OK;
    if (side > GANRT_MOST)
        return GANRT_AVATARS_BAD_ARGUMENT;
    self->bytes = (size_t)side * side * 4;
    self->atlas = (unsigned char *)calloc(1, self->bytes);
    options->atlas = self->atlas;
    options->atlas_width = options->atlas_height = side;
    options->atlas_gap = GANRT_GAP;
    return self->atlas ? GANRT_AVATARS_OK : GANRT_AVATARS_NO_MEMORY;
}

static void method_open(instance *self, arguments given, result made)
{
    enum { KIT, CACHE, BACKENDS, ONNXRUNTIME, OPENVINO, TEXTS };
    static const int PLACES[TEXTS] = {0, 3, 4, 5, 6};
    ganrt_avatars_options options = ganrt_avatars_defaults();
    ganrt_avatars_status status;
    words texts[TEXTS];
    int i;
    end_instance(self);
    status = open_atlas(self, &options, side_of(given, 7));
    for (i = 0; i < TEXTS; i++) {
        texts[i] = text_of(given, PLACES[i]);
        if (!texts[i].text)
            status = GANRT_AVATARS_NO_MEMORY;
    }
    options.width = options.height = side_of(given, 1);
    options.round = whole(given, 2) != 0;
    options.cache = unless_empty(texts[CACHE]);
    if (texts[BACKENDS].bytes)
        options.backends = texts[BACKENDS].text;
    options.onnxruntime = unless_empty(texts[ONNXRUNTIME]);
    options.openvino = unless_empty(texts[OPENVINO]);
    if (status == GANRT_AVATARS_OK)
        status = ganrt_avatars_open(texts[KIT].text, &options, &self->avatars);
    for (i = 0; i < TEXTS; i++)
        free(texts[i].text);
    if (status != GANRT_AVATARS_OK)
        end_instance(self);
    give_text(made, status == GANRT_AVATARS_OK ? "" : ganrt_avatars_sentence(status));
}

static void give_ticket(result made, ganrt_avatars_status status, uint64_t ticket)
{
    give_int(made, status == GANRT_AVATARS_OK ? (int64_t)ticket : -(int64_t)status);
}

static void method_request(instance *self, arguments given, result made)
{
    uint64_t ticket = 0;
    words name = text_of(given, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (name.text)
        status = ganrt_avatars_request_name(self->avatars, name.text, name.bytes, 0, (int)whole(given, 1), NULL, &ticket);
    free(name.text);
    give_ticket(made, status, ticket);
}

static void method_request_look(instance *self, arguments given, result made)
{
    uint64_t ticket = 0;
    words code = text_of(given, 0);
    ganrt_avatars_status status = GANRT_AVATARS_NO_MEMORY;
    if (code.text)
        status = ganrt_avatars_request_look(self->avatars, code.text, code.bytes, (int)whole(given, 1), NULL, &ticket);
    free(code.text);
    give_ticket(made, status, ticket);
}

static void method_cancel(instance *self, arguments given, result made)
{
    give_int(made, self->avatars ? ganrt_avatars_cancel(self->avatars, (uint64_t)whole(given, 0)) : 0);
}

static void append_int(array *all, int64_t number)
{
    variant one;
    give_int(&one, number);
    append(all, &one);
}

typedef struct {
    array all;
    int in_atlas;
} delivered;

static void deliver(void *context, const ganrt_avatars_picture *picture)
{
    delivered *to = (delivered *)context;
    size_t bytes = picture->pixels && !to->in_atlas ? (size_t)picture->width * picture->height * 4 : 0;
    array one;
    variant value;
    begin_array(&one);
    append_int(&one, (int64_t)picture->ticket);
    append_int(&one, picture->status);
    append_int(&one, picture->width);
    append_int(&one, picture->height);
    give_bytes(&value, picture->pixels, bytes);
    append(&one, &value);
    append_int(&one, picture->x);
    append_int(&one, picture->y);
    give_array(&value, &one);
    append(&to->all, &value);
}

static void method_poll(instance *self, arguments given, result made)
{
    delivered to;
    int64_t microseconds = whole(given, 0);
    to.in_atlas = self->atlas != NULL;
    begin_array(&to.all);
    if (self->avatars)
        ganrt_avatars_poll(self->avatars, microseconds < 0 ? 0 : (uint32_t)microseconds, deliver, &to);
    give_array(made, &to.all);
}

static void method_atlas(instance *self, arguments given, result made)
{
    (void)given;
    give_bytes(made, self->atlas, self->bytes);
}

static void method_free_cell(instance *self, arguments given, result made)
{
    give_int(made, self->avatars ? ganrt_avatars_free_cell(self->avatars, (uint32_t)whole(given, 0), (uint32_t)whole(given, 1)) : 0);
}

static void method_report(instance *self, arguments given, result made)
{
    char text[4096] = "";
    (void)given;
    if (self->avatars)
        ganrt_avatars_report(self->avatars, text, sizeof text);
    give_text(made, text);
}

static void method_sentence(instance *self, arguments given, result made)
{
    (void)self;
    give_text(made, ganrt_avatars_sentence((ganrt_avatars_status)whole(given, 0)));
}

static void method_count(instance *self, arguments given, result made)
{
    array all;
    ganrt_avatars_statistics told;
    (void)given;
    memset(&told, 0, sizeof told);
    if (self->avatars)
        told = ganrt_avatars_count(self->avatars);
    begin_array(&all);
    append_int(&all, (int64_t)told.requested);
    append_int(&all, (int64_t)told.delivered);
    append_int(&all, (int64_t)told.waiting);
    append_int(&all, (int64_t)told.ready);
    append_int(&all, (int64_t)told.cells);
    give_array(made, &all);
}

static const struct {
    const char *name;
    method *run;
} METHODS[] = {
    {"open", method_open},     {"request", method_request},     {"request_look", method_request_look}, {"cancel", method_cancel},
    {"poll", method_poll},     {"atlas", method_atlas},         {"free_cell", method_free_cell},       {"report", method_report},
    {"count", method_count},   {"sentence", method_sentence},   {"close", method_close},
};
