# 200 players in a lobby. With --shot=FILE.png it ends when all are there, and stores the window; with --raw=FOLDER it
# stores the first one's pixels, which needs no window.
extends Control

const AvatarRect = preload("res://addons/ganrt_avatars/avatar_rect.gd")
const PLAYERS = 200
const COLUMNS = 20
const CELL = 48
const GAP = 4

var there = 0
var failed = 0

func _ready():
	Avatars.connect("ready_for", self, "_arrived")
	for number in range(PLAYERS):
		var rect = AvatarRect.new()
		rect.player = "player-%d" % number
		rect.rect_position = Vector2(GAP, GAP) + (CELL + GAP) * Vector2(number % COLUMNS, number / COLUMNS)
		rect.rect_size = Vector2(CELL, CELL)
		add_child(rect)

func _arrived(name, picture, problem):
	there += 1
	if picture == null:
		failed += 1
		print(name, ": ", problem)
	elif name == "player-0":
		_store_pixels(picture.get_data())
	if there == PLAYERS:
		_leave()

func _store_pixels(image):
	var folder = _given("--raw=")
	if folder != "":
		var file = File.new()
		file.open(folder + "/player-0.rgba", File.WRITE)
		file.store_buffer(image.get_data())
		file.close()

func _leave():
	print(there - failed, " avatars")
	var shot = _given("--shot=")
	if shot != "":
		yield(get_tree(), "idle_frame")
		yield(VisualServer, "frame_post_draw")
		var image = get_viewport().get_texture().get_data()
		image.flip_y()
		image.save_png(shot)
	if shot != "" or _given("--raw=") != "":
		get_tree().quit(int(failed > 0))

func _given(option):
	for word in OS.get_cmdline_args():
		if word.begins_with(option):
			return word.substr(option.length())
	return ""
