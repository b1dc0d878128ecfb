"""The doctor: what is wrong with this site, and what to do, each part by itself and within a time limit.

It needs nothing to work: each check tells what it saw, also without a database, before migrations and without Redis. A
check is a function in one of these modules, and a line of `catalogue.CHECKS` and of docs/doctor.md.
"""
