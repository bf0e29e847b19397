"""Residual generators: one network, and the keys and facts of each script."""
