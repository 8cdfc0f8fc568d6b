"""The tool against live objects: what makes up `drill` and `scale`."""
