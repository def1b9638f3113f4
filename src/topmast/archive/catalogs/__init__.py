"""The catalogues of an archive, sorted by position and searched by cone and criteria."""
