"""One message as bytes in an output form (list, tree, columns, JSON, YNL, source code): knows
messages, links and their tapes, never files, options or the terminal's state.

Every form is a `renderer.Renderer` in a module of its own, named in `formats.FORMATS`. Text for
people goes through `wire.text.safe`.
"""
