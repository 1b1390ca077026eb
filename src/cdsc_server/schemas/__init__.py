"""Wire shapes, one marshmallow class per object of the standard."""
