"""The scenarios, a module a matter; importing this registers them all."""

from . import admission, interrupted, kinds, meanwhile, owners, plugin, readme, rights, starts, undo, volumes  # noqa: F401
