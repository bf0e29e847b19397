# Opens a kit, and hands out textures: one node of it for the whole game, such as an autoload named Avatars.
extends Node

# texture is null where it could not be drawn; `problem` says why.
signal ready_for(player: String, texture: Texture2D, problem: String)

const AvatarCell = preload("avatar_cell.gd")
const FILES = ["spec.json", "controls.json", "builtin/model.drawer", "builtin/canary.raw"]
const FULL = -13 # a status of ganrt_avatars.h, as request answers it

@export_dir var kit := "res://kit"
@export var side := 0 # pixels; 0: the model's own size
@export var round_mask := false
@export var budget := 2000 # microseconds a frame
@export var backends := "" # what draws, in order of preference, such as "onnxruntime, builtin"; "": builtin
@export var onnxruntime := "" # the path of its library; "": where the system looks
@export var openvino := ""
@export_range(0, 16384) var atlas_side := 0 # pixels of one texture that holds all avatars; 0: each has a texture of its own

var problem := "" # why nothing is drawn
var _native = null
var _waiting := {} # ticket: player
var _asked: Array[String] = [] # players for whom there was no room yet
var _atlas := ImageTexture.new()


func _ready() -> void:
	_native = ClassDB.instantiate("GanrtAvatars")
	if _native == null:
		problem = "the library of addons/ganrt_avatars is missing; build it: its README"
	else:
		problem = _native.open(_plain_folder(kit), side, int(round_mask), "", backends, onnxruntime, openvino, atlas_side)
	if problem != "":
		push_error("avatars: " + problem)


# The avatar of a player's name or id comes with the signal `ready_for`.
func request(player: String) -> void:
	_asked.append(player)


func _process(_delta: float) -> void:
	_ask()
	if _native == null:
		return
	var ready_now: Array = _native.poll(budget)
	if atlas_side > 0 and not ready_now.is_empty():
		_atlas.set_image(Image.create_from_data(atlas_side, atlas_side, false, Image.FORMAT_RGBA8, _native.atlas()))
	for one in ready_now:
		var player: String = _waiting[one[0]]
		_waiting.erase(one[0])
		if one[1] != 0:
			ready_for.emit(player, null, _native.sentence(one[1]))
			continue
		ready_for.emit(player, _cell(one) if atlas_side > 0 else _texture(one), "")


func _texture(one: Array) -> Texture2D:
	var image := Image.create_from_data(one[2], one[3], false, Image.FORMAT_RGBA8, one[4])
	image.generate_mipmaps() # a picture of 256 pixels is often shown at 48
	return ImageTexture.create_from_image(image)


func _cell(one: Array) -> Texture2D:
	var cell := AvatarCell.new()
	cell.native = _native
	cell.atlas = _atlas
	cell.region = Rect2(one[5], one[6], one[2], one[3])
	return cell


# What draws, and what is wrong with the other backends: a line for each.
func report() -> String:
	return "" if _native == null else _native.report()


func _ask() -> void:
	while not _asked.is_empty():
		if problem != "":
			ready_for.emit(_asked.pop_front(), null, problem)
			continue
		var ticket: int = _native.request(_asked[0], 0)
		if ticket == FULL: # in a later frame
			return
		var player: String = _asked.pop_front()
		if ticket < 0:
			ready_for.emit(player, null, _native.sentence(-ticket))
		else:
			_waiting[ticket] = player


func _exit_tree() -> void:
	if _native != null:
		_native.close()


# An exported game keeps res:// in a pack, which only Godot reads: the kit is copied out of it, once.
func _plain_folder(folder: String) -> String:
	var plain := ProjectSettings.globalize_path(folder)
	if plain.is_absolute_path() and FileAccess.file_exists(plain + "/spec.json") and not OS.has_feature("template"):
		return plain
	var to := "user://ganrt-kit"
	DirAccess.make_dir_recursive_absolute(to + "/builtin")
	DirAccess.make_dir_recursive_absolute(to + "/fp32")
	for file: String in FILES if backends == "" else FILES + ["fp32/model.onnx"]:
		var from: String = folder + "/" + file
		if FileAccess.file_exists(from) and FileAccess.get_md5(to + "/" + file) != FileAccess.get_md5(from):
			DirAccess.copy_absolute(from, to + "/" + file)
	return ProjectSettings.globalize_path(to)
