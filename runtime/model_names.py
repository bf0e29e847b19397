"""The names of the bundled models. A published name is immutable: a better model gets a new number."""

BUNDLED = {"avatars-1": "avatars-1.onnx", "avatars-2": "avatars-2.onnx"}
ALIASES = {"avatars": "avatars-1"}  # for ever
DEFAULT_MODEL = "avatars-2"  # of the commands and of `ganrt.load`
