"""MAST's formats, in both directions, as functions without input or output; uses sky and tables."""
