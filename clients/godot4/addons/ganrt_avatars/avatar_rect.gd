# A TextureRect that shows a player's avatar; needs avatars.gd as the autoload Avatars.
extends TextureRect

@export var player := "":
	set(value):
		player = value
		texture = null
		if is_inside_tree() and value != "":
			get_node("/root/Avatars").request(value)


func _ready() -> void:
	expand_mode = TextureRect.EXPAND_IGNORE_SIZE
	if texture_filter == CanvasItem.TEXTURE_FILTER_PARENT_NODE:
		texture_filter = CanvasItem.TEXTURE_FILTER_LINEAR_WITH_MIPMAPS
	var avatars := get_node("/root/Avatars")
	avatars.ready_for.connect(_arrived)
	if player != "":
		avatars.request(player)


func _arrived(who: String, picture: Texture2D, _problem: String) -> void:
	if who == player and picture != null:
		texture = picture
