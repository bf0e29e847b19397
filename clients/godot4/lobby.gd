# 200 players in a lobby, whose avatars appear while the game goes on.
extends Control

const AvatarRect = preload("res://addons/ganrt_avatars/avatar_rect.gd")
const PLAYERS = 200
const COLUMNS = 20
const CELL = 48
const GAP = 4


func _ready() -> void:
	get_node("/root/Avatars").ready_for.connect(_arrived)
	for number in range(PLAYERS):
		var rect := AvatarRect.new()
		rect.player = "player-%d" % number
		rect.position = Vector2(GAP, GAP) + (CELL + GAP) * Vector2(number % COLUMNS, floori(number / float(COLUMNS)))
		rect.size = Vector2(CELL, CELL)
		add_child(rect)


func _arrived(player: String, picture: Texture2D, problem: String) -> void:
	if picture == null:
		print(player, ": ", problem)
