"""The independent ledger: phones and XMPP clients write to each other through nginx while everything behind it is broken,
reloaded and upgraded. It reckons with what they saw and nothing else."""
