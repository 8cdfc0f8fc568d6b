"""The scenarios, a module a matter; importing this registers them all."""

from . import (  # noqa: F401
    admission, fix, interrupted, kinds, measured, meanwhile, network, owners, plugin, policies, readme, rights, starts, undo, volumes,
)
