"""
The utility's own systems hand in records of Customers and what they have, one or many at a time.

`applying.apply_records` is the one way in: for a single record, for lines of JSON, and for files of any other form.
`kinds.KINDS` is the table of what can be handed in; each kind has a module that says what a record of it makes.
"""
