"""Acts: each checks, changes and records in one transaction.

What they take is a *spec*: the complete wished state of a thing; what is left out has its default. References are
loaded rows, except where a thing of the same batch is meant. Lists are tuples. Times are aware.
`create_<noun>s(actor, specs)` makes them, `change_<noun>s(actor, [(object, spec)])` brings objects to a spec.

PLAIN and ACCESS of a spec say which of its fields carry access: with what others changed meanwhile a change is joined
field by field where they are plain, and as a whole or not at all where they are access (access model §11, Revisions).
"""
