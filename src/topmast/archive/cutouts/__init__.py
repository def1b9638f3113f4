"""FFI cubes and images that the archive holds, and cutouts of them."""
