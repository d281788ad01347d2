package haddock

import "fmt"

// worse compares the new instance with the old one since the new one has
// visitors, and says in what way it is worse, if it is.
func (s *situation) worse(old seat) string {
	limits := s.goal.Analysis
	if limits.Off || s.rollout.first.Counts == nil {
		return ""
	}
	grown := s.grown(*s.new)
	beside := s.grown(old)
	if more := grown.Connect - beside.Connect; more > int64(limits.MaxConnectFails) {
		return fmt.Sprintf("%d connections to it failed, %d to the old one", grown.Connect, beside.Connect)
	}
	if grown.Requests < int64(max(limits.MinRequests, 1)) {
		return ""
	}
	if grown.share() > beside.share()+float64(limits.MaxErrorPercent) {
		return fmt.Sprintf("%d of its %d requests failed (%.1f %%), %d of %d (%.1f %%) on the old one",
			grown.Failed, grown.Requests, grown.share(), beside.Failed, beside.Requests, beside.share())
	}
	return ""
}

// grown is by how much the counters grew since the first share. A restarted
// locator has begun at 0.
func (s *situation) grown(one seat) Counts {
	now, then := countsOf(one.slot), s.rollout.first.Counts[one.Slot]
	if now.Requests < then.Requests || now.Failed < then.Failed || now.Connect < then.Connect {
		return now
	}
	return Counts{Requests: now.Requests - then.Requests, Failed: now.Failed - then.Failed, Connect: now.Connect - then.Connect}
}

// share is how many requests of a hundred failed.
func (c Counts) share() float64 {
	if c.Requests == 0 {
		return 0
	}
	return 100 * float64(c.Failed) / float64(c.Requests)
}
