# A TextureRect that shows a player's avatar; needs avatars.gd as the autoload Avatars.
extends TextureRect

export(String) var player = "" setget show_player

func _ready():
	expand = true
	var avatars = get_node("/root/Avatars")
	avatars.connect("ready_for", self, "_ready_for")
	if player != "":
		avatars.request(player)

func show_player(name):
	player = name
	texture = null
	if is_inside_tree() and name != "":
		get_node("/root/Avatars").request(name)

func _ready_for(name, picture, _problem):
	if name == player and picture != null:
		texture = picture
