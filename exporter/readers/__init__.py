"""Files as data: bytes -> `Source`s. No reader ever runs what a file holds."""
