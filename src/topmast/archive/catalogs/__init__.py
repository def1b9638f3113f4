"""The catalogues of an archive: sorted by place on the sky, searched by cone and by criteria."""
