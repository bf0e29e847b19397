"""Keras models read as data: HDF5 arrays, JSON and TensorFlow's own files; neither TensorFlow nor Keras is needed.

Readers (`hdf5`, `archive`, `tensor_bundle`, `saved_model`) give tensors and an `Origin`; `config`, `layers` and
`network` turn them into a torch module. No layer is ever executed, so a file with code (Lambda) cannot run it.
"""
