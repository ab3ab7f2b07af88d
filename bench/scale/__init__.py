"""`make scale`: a whole onesoup on this machine under as many phones as are named, through a day with faults. docs/scale.md.

town.py      who lives where: phones, domains, generator processes, traffic
accounts.py  the accounts in the XMPP servers' own files
site.py      the processes of the stack, and what is done to them; handed.py gives them their sockets
crowds.py    the generator's processes
samples.py   CPU and memory of each role
watch.py     the present second: who is on line, how requests do
day.py       the phases
outcome.py   figures and goals
page.py      the page and its pictures
cli.py       the command
"""
