"""Makes transactional tests possible: after each, Django empties every table, which the audit log refuses.

An app, because Django finds the `flush` command of an installed app before its own. Only tests/settings.py names it.
"""
