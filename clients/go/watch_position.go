package gateway

import gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"

// watchPosition knows how far a watch has come and how it goes on.
//
// Every run of a gateway begins its sequences beyond those of the one before,
// so a sequence that is still held is one of the same run.
type watchPosition struct {
	options    WatchOptions
	told       uint64 // the last sequence told, or that the user gave; 0: none
	inSnapshot bool   // its rows are being told: they are no place to resume at
	missed     bool   // NotResumed must be told next
}

func newWatchPosition(options WatchOptions) watchPosition {
	return watchPosition{options: options, told: options.AfterSequence}
}

// ask tells what to request.
func (p *watchPosition) ask() (after uint64, skipSnapshot bool) {
	if p.told != 0 {
		return p.told, true // rather an error than a snapshot that looks like news
	}
	p.inSnapshot = !p.options.SkipSnapshot
	return 0, p.options.SkipSnapshot
}

// lose notes that the gateway was lost.
func (p *watchPosition) lose() {
	if p.told == 0 {
		p.startOver()
	}
}

// refused notes that the gateway does not hold what comes after the position.
// False: the user wants to know of it.
func (p *watchPosition) refused() bool {
	if p.options.SkipSnapshot && p.told == p.options.AfterSequence {
		return false
	}
	p.startOver()
	return true
}

// startOver makes the next request begin anew.
func (p *watchPosition) startOver() {
	*p = watchPosition{options: p.options, missed: true}
}

// tellMissed is true once after startOver.
func (p *watchPosition) tellMissed() bool {
	missed := p.missed
	p.missed = false
	return missed
}

// take notes an event that came, and makes it one to tell.
func (p *watchPosition) take(event *gatewayv1.ProxyEvent) WatchEvent {
	if event.GetSnapshotComplete() != nil {
		p.inSnapshot = false
	}
	if !p.inSnapshot {
		p.told = event.GetSequence()
	}
	return WatchEvent{ProxyEvent: event, ResumeAfter: p.told}
}
