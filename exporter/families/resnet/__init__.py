"""ResNet generators: one network, and a file for each script whose layout of keys is known."""
