"""
Green Button files: the Atom XML of NAESB ESPI, as utilities let Customers download it.

`stream.py` reads hostile XML safely, `entries.py` and `blocks.py` collect what a file holds, `links.py` connects it,
`feed.py` gives the result as the values of `domain/espi.py`.
"""
