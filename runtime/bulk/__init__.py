"""Batch generation in shards: restartable, provably complete, in constant memory (docs/bulk.md)."""
