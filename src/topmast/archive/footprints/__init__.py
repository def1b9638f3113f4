"""The index of the sky that answers which footprints a cone touches; uses sky."""
