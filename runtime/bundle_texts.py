"""What a bundle says to the people who open it."""

README = """# {name}

Made by ganrt. This folder is all that a game needs to draw the same avatars as everybody else who has it.

| File | What it is |
|---|---|
| `fp32/model.onnx` | the portable graph, opset 18: ONNX Runtime (any platform), Windows ML, OpenVINO |
| `fp16/model.onnx` | if there: the same in half precision, strongly typed, for GPUs |
| `builtin/` | `model.drawer`, if there: the model for drawing without a runtime; `canary.raw`: the canary as bytes |
| `engines/` | if there: compiled for NVIDIA GPUs; native code: load only what you or somebody you trust compiled |
| `spec.json` | what the model expects and gives: latent, controls, inputs and outputs with their types and shapes |
| `canary.png` | what it draws for the seed and index of `spec.json`'s canary: compare once on each kind of device |
| `controls.json` | if there: properties with names, such as hair, and the values of z that each sets |
| `latents.json` | latents with known answers, bits of float32: compare once with your client |
| `clients/` | sources without dependencies: C, C#, a JavaScript module |
| `manifest.json` | ONNX Runtime's model package, schema 1.0, with the SHA-256 of every other file |

To draw a player's avatar: identity -> index -> latent `z` -> model -> uint8 picture [n, height, width, channels]. The
clients do the first two steps with the same bits everywhere; see the first comment of each. Four channels are RGB and
straight alpha. A model with the input `truncation` gets one number an image: 1, or psi.

Where `builtin/model.drawer` is there, no runtime is needed. `avatar.c` beside this folder, as `cc -O2
-ffp-contract=off avatar.c kit/clients/c/ganrt_avatars_single.c -I kit/clients/c -lm -pthread`, or with CMake
`add_subdirectory(kit/clients/c)` and `target_link_libraries(game PRIVATE ganrt_avatars)`:

```c
#include "ganrt_avatars.h"
#include <stdio.h>

static void deliver(void *done, const ganrt_avatars_picture *picture)
{{
    *(int *)done = 1;
    if (picture->pixels)
        printf("%u x %u, RGBA8\\n", (unsigned)picture->width, (unsigned)picture->height);
}}

int main(void)
{{
    ganrt_avatars *avatars;
    ganrt_avatars_status status = ganrt_avatars_open("kit", NULL, &avatars);
    int done = 0;
    if (status != GANRT_AVATARS_OK)
        return puts(ganrt_avatars_sentence(status)), 1;
    ganrt_avatars_request_name(avatars, "player-8841", 11, 0, 0, NULL, NULL); /* returns at once */
    while (!done)
        ganrt_avatars_poll(avatars, 2000, deliver, &done); /* a game polls once a frame */
    ganrt_avatars_close(avatars);
    return 0;
}}
```

In C# the same is `new GanrtAvatars("kit").RequestName("player-8841", picture => ...)` and `Poll(2000)` in every frame,
over the shared library (`cmake -DGANRT_AVATARS_SHARED=ON`).

`ganrt bundle --check FOLDER` finds what is missing or changed, and lists what is not of this bundle.
"""

NOTICE = """{name}
Licence of the weights: {licence}
Attribution: {attribution}

The sources in clients/ are ganrt's, Copyright 2026 the ganrt authors, Apache License, Version 2.0 (clients/LICENSE).
Philox4x32-10 follows Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (2011).
"""
