"""`ganrt tune`: which backend, form, precision and batch sizes draw a model's pictures fastest on this machine."""
