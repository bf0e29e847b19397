# An avatar in the atlas: when nobody has it any longer its place is free again.
extends AtlasTexture

var native = null


func _notification(what: int) -> void:
	if what == NOTIFICATION_PREDELETE and native != null:
		native.free_cell(int(region.position.x), int(region.position.y))
