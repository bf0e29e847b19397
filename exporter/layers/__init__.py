"""One vocabulary of layers: what Keras files, pickled modules and plain state dicts are read into.

`activations` and `network` are shared; `items` reads state dicts and pickled modules; `chain` puts
items in order, and `building` makes layers of them.
"""
