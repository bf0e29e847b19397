"""How good pictures are: distances between sets of pictures, encodings and codes, within a feature extractor."""
