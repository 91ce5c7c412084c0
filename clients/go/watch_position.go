package gateway

import gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"

// watchPosition knows how far a watch has come and how it goes on.
//
// A sequence is one of a run of the gateway, which is named when the watch goes
// on: another run refuses it, whatever it holds.
type watchPosition struct {
	options    WatchOptions
	told       uint64 // the last sequence told, or that the user gave; 0: none
	epoch      uint64 // of the run that it is of; 0: not known
	inSnapshot bool   // its rows are being told: they are no place to resume at
	missed     bool   // NotResumed must be told next
}

func newWatchPosition(options WatchOptions) watchPosition {
	return watchPosition{
		options: options, told: options.AfterSequence, epoch: options.Epoch}
}

// ask puts what to ask for into the request.
func (p *watchPosition) ask(request *gatewayv1.WatchProxiesRequest) {
	if p.told == 0 {
		p.inSnapshot = !p.options.SkipSnapshot
		request.SkipSnapshot = p.options.SkipSnapshot
		return
	}
	request.AfterSequence = p.told
	request.Epoch = p.epoch
	request.SkipSnapshot = true // rather an error than a snapshot that looks like news
}

// hear notes the epoch of a response; 0: it has none.
func (p *watchPosition) hear(epoch uint64) {
	if epoch != 0 {
		p.epoch = epoch
	}
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
	return WatchEvent{ProxyEvent: event, ResumeAfter: p.told, Epoch: p.epoch}
}
