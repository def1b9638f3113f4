"""MAST's formats, both directions, without input or output."""
