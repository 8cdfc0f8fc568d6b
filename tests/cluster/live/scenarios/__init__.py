"""The scenarios, a module a matter; importing this registers them all."""

from . import admission, interrupted, kinds, meanwhile, network, owners, plugin, readme, rights, starts  # noqa: F401
