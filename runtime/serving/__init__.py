"""Pictures over HTTP: what is asked for, a queue that draws in batches, a cache on the disk, and the application."""
