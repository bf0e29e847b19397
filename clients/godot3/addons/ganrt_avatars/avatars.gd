# Opens a kit, and hands out textures: one node of it for the whole game, such as an autoload named Avatars.
extends Node

# texture is null where it could not be drawn; `problem` says why.
signal ready_for(name, texture, problem)

const AvatarCell = preload("avatar_cell.gd")
const FILES = ["spec.json", "controls.json", "builtin/model.drawer", "builtin/canary.raw"]

export(String, DIR) var kit = "res://kit"
export(int) var side = 0 # pixels; 0: the model's own size
export(bool) var round_mask = false
export(int) var budget = 2000 # microseconds a frame
export(String) var backends = "" # what draws, in order of preference, such as "onnxruntime, builtin"; "": builtin
export(String) var onnxruntime = "" # the path of its library; "": where the system looks
export(String) var openvino = ""
export(int, 0, 16384) var atlas_side = 0 # pixels of one texture that holds all avatars; 0: each has a texture of its own

var problem = "" # why nothing is drawn
var _native = preload("ganrt_avatars.gdns").new()
var _waiting = {} # ticket: name
var _asked = [] # names for which there was no room yet
var _atlas = ImageTexture.new()

func _ready():
	problem = _native.open(_plain_folder(kit), side, int(round_mask), "", backends, onnxruntime, openvino, atlas_side)
	if problem != "":
		push_error("avatars: " + problem)

# The avatar of a player's name or id comes with the signal `ready_for`.
func request(name):
	_asked.append(name)

func _process(_delta):
	_ask()
	var ready = _native.poll(budget)
	if atlas_side > 0 and not ready.empty():
		_atlas.create_from_image(_image(atlas_side, atlas_side, _native.atlas()), Texture.FLAG_FILTER)
	for one in ready:
		var name = _waiting[one[0]]
		_waiting.erase(one[0])
		if one[1] != 0:
			emit_signal("ready_for", name, null, _native.sentence(one[1]))
			continue
		emit_signal("ready_for", name, _cell(one) if atlas_side > 0 else _texture(one), "")

func _texture(one):
	var texture = ImageTexture.new()
	# Mipmaps: a picture of 256 pixels is often shown at 48.
	texture.create_from_image(_image(one[2], one[3], one[4]), Texture.FLAG_FILTER | Texture.FLAG_MIPMAPS)
	return texture

func _cell(one):
	var cell = AvatarCell.new()
	cell.native = _native
	cell.atlas = _atlas
	cell.region = Rect2(one[5], one[6], one[2], one[3])
	return cell

func _image(width, height, data):
	var image = Image.new()
	image.create_from_data(width, height, false, Image.FORMAT_RGBA8, data)
	return image

# What draws, and what is wrong with the other backends: a line for each.
func report():
	return _native.report()

func _ask():
	while not _asked.empty():
		if problem != "":
			emit_signal("ready_for", _asked.pop_front(), null, problem)
			continue
		var ticket = _native.request(_asked[0], 0)
		if ticket == -13: # full: in a later frame
			return
		var name = _asked.pop_front()
		if ticket < 0:
			emit_signal("ready_for", name, null, _native.sentence(-ticket))
		else:
			_waiting[ticket] = name

func _exit_tree():
	_native.close()

# An exported game keeps res:// in a pack, which only Godot reads: the kit is copied out of it, once.
func _plain_folder(folder):
	var plain = ProjectSettings.globalize_path(folder)
	var files = File.new()
	if plain.is_abs_path() and Directory.new().file_exists(plain + "/spec.json"):
		return plain
	var to = "user://ganrt-kit"
	Directory.new().make_dir_recursive(to + "/builtin")
	Directory.new().make_dir_recursive(to + "/fp32")
	for name in FILES if backends == "" else FILES + ["fp32/model.onnx"]:
		if not files.file_exists(folder + "/" + name):
			continue
		if files.get_md5(to + "/" + name) != files.get_md5(folder + "/" + name):
			Directory.new().copy(folder + "/" + name, to + "/" + name)
	return ProjectSettings.globalize_path(to)
