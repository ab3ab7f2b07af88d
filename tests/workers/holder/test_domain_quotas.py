"""Sessions of a domain with a limit are counted by their holders: what ends gives its place back, what is missing is put in."""

from onesoup.csp.status import StatusCode
from onesoup.store.domain_quotas import DomainQuotas, QuotaPolicy
from tests.workers.holder.conftest import DOMAIN
from tests.xmpp.stream.harness import eventually


def test_a_holder_counts_its_sessions_and_gives_back_the_places_of_those_that_end(lab, server):
    quotas = DomainQuotas(lab.client, QuotaPolicy({DOMAIN: 5}))
    holder = lab.holder(server.stub, domain_sessions=f"{DOMAIN}=5")
    sids = [lab.log_in(holder) for _ in range(3)]
    assert quotas.counts(DOMAIN).sessions == 0, "no gateway has counted them"
    holder._note_sessions()
    assert quotas.counts(DOMAIN).sessions == 3
    holder.sessions[sids[0]].end(StatusCode.INVALID_SESSION, polite=False)
    eventually(lambda: quotas.counts(DOMAIN).sessions == 2)
    holder._note_sessions()
    assert quotas.counts(DOMAIN).sessions == 2
