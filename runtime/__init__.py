"""Latents, batching, streaming and writers: everything between a seed and a picture on disk."""
