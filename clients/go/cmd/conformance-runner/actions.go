package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"thespian.dev/gateway"
	gatewayv1 "thespian.dev/gateway/gen/thespian/gateway/v1"
)

// action does a step and returns its result, as a scenario sees it.
type action func(p *player, ctx context.Context, s step) (any, error)

var actions = map[string]action{
	"call":         (*player).call,
	"send":         (*player).send,
	"link":         (*player).link,
	"release":      (*player).release,
	"proxies":      (*player).proxies,
	"local_actors": (*player).localActors,
	"endpoints":    (*player).endpoints,
	"endpoint":     (*player).endpoint,
	"attach":       (*player).attach,
	"listen":       (*player).listen,
	"watch":        (*player).watch,
	"half_close":   (*player).halfClose,
	"cancel":       (*player).cancelStream,
	"see":          (*player).see,
	"end":          (*player).end,
	"gateway":      (*player).gateway,
}

// --- One answer each

func (p *player) target(s step) (gateway.Target, error) {
	to := p.values.plain(s.To)
	if name, ok := to.(string); ok {
		return gateway.NamedActor{Endpoint: s.Endpoint, Name: name}, nil
	}
	return p.remote(s, s.To)
}

func (p *player) remote(s step, written any) (gateway.RemoteActor, error) {
	id, err := p.values.uint(written)
	if err != nil {
		return gateway.RemoteActor{}, err
	}
	incarnation, err := p.values.uint(s.Incarnation)
	return gateway.RemoteActor{
		Endpoint: s.Endpoint, ID: id, Incarnation: incarnation}, err
}

func within(ctx context.Context, s step) (context.Context, context.CancelFunc) {
	if s.DeadlineMS == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(s.DeadlineMS)*time.Millisecond)
}

func (p *player) call(ctx context.Context, s step) (any, error) {
	ctx, cancel := within(ctx, s)
	defer cancel()
	to, err := p.target(s)
	if err != nil {
		return nil, err
	}
	reply, err := p.client.Call(ctx, to, p.values.plain(s.Payload))
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"from_id":     reply.From.ID,
		"incarnation": reply.From.Incarnation,
		"payload":     payload(reply.Payload),
	}, nil
}

func (p *player) send(ctx context.Context, s step) (any, error) {
	ctx, cancel := within(ctx, s)
	defer cancel()
	to, err := p.target(s)
	if err != nil {
		return nil, err
	}
	content := p.values.plain(s.Payload)
	if s.On != "" {
		return nil, p.sendOn(ctx, s, to, content)
	}
	from, err := p.speaker(s.From)
	if err != nil {
		return nil, err
	}
	var incarnation uint64
	switch to := to.(type) {
	case gateway.RemoteActor:
		incarnation, err = p.client.SendAs(ctx, from, to, content)
	case gateway.NamedActor:
		incarnation, err = p.client.SendNamedAs(ctx, from, to, content)
	}
	return map[string]any{"incarnation": incarnation}, err
}

func (p *player) speaker(from any) (gateway.Speaker, error) {
	switch from := from.(type) {
	case nil:
		return gateway.Speaker{}, nil
	case string:
		stream, err := p.stream(from)
		if err != nil {
			return gateway.Speaker{}, err
		}
		return stream.speaker, nil
	case map[string]any:
		id, err := p.values.uint(from["id"])
		return gateway.Speaker{ID: id, Token: p.values.text(from["token"])}, err
	}
	return gateway.Speaker{}, fmt.Errorf("%v is nobody who could send", from)
}

func (p *player) release(ctx context.Context, s step) (any, error) {
	actor, err := p.remote(s, s.RemoteID)
	if err != nil {
		return nil, err
	}
	incarnation, err := p.client.Release(ctx, actor)
	return map[string]any{"incarnation": incarnation}, err
}

func (p *player) proxies(ctx context.Context, s step) (any, error) {
	proxies, err := p.client.Proxies(ctx, s.Endpoint)
	return seenAll(proxies), err
}

func (p *player) localActors(ctx context.Context, s step) (any, error) {
	actors, err := p.client.LocalActors(ctx)
	return seenAll(actors), err
}

func (p *player) endpoints(ctx context.Context, s step) (any, error) {
	endpoints, err := p.client.Endpoints(ctx)
	return seenAll(endpoints), err
}

func (p *player) endpoint(ctx context.Context, s step) (any, error) {
	endpoint, err := p.client.Endpoint(ctx, s.Endpoint)
	if err != nil {
		return nil, err
	}
	return seen(endpoint), nil
}

// --- Streams

func (p *player) stream(name string) (*stream, error) {
	if stream, ok := p.streams[name]; ok {
		return stream, nil
	}
	return nil, fmt.Errorf("there is no stream %q", name)
}

func (p *player) attach(_ context.Context, s step) (any, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	actor, err := p.client.Attach(ctx, gateway.AttachOptions{Name: p.values.text(s.Name)})
	if err != nil {
		cancel()
		return nil, err
	}
	p.streams[s.As] = &stream{
		next:    receive(actor.Events(), seeEvent),
		err:     actor.Err,
		cancel:  cancel,
		speaker: actor.Speaker(),
		actor:   actor,
	}
	return map[string]any{"actor_id": actor.ID()}, nil
}

func (p *player) listen(_ context.Context, s step) (any, error) {
	ctx, cancel := context.WithCancel(p.ctx)
	listener, err := p.client.Listen(ctx, gateway.AttachOptions{Name: p.values.text(s.Name)})
	if err != nil {
		cancel()
		return nil, err
	}
	p.streams[s.As] = &stream{
		next:    receive(listener.Events(), seeEvent),
		err:     listener.Err,
		cancel:  cancel,
		speaker: listener.Speaker(),
	}
	return map[string]any{"actor_id": listener.ID()}, nil
}

// watch keeps an error for the end of the stream: the client tells it at once.
func (p *player) watch(_ context.Context, s step) (any, error) {
	options, err := p.watchOptions(s)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(p.ctx)
	watch, err := p.client.Watch(ctx, options)
	if err != nil {
		cancel()
		p.streams[s.As] = endedStream(err)
		return nil, nil
	}
	p.streams[s.As] = &stream{
		next:   receive(watch.Events(), seeWatchEvent),
		err:    watch.Err,
		cancel: cancel,
	}
	return nil, nil
}

func (p *player) watchOptions(s step) (gateway.WatchOptions, error) {
	after, err := p.values.uint(s.AfterSequence)
	options := gateway.WatchOptions{
		Endpoint:        s.Endpoint,
		AfterSequence:   after,
		Epoch:           s.Epoch,
		SkipSnapshot:    s.SkipSnapshot,
		IncludePayloads: s.IncludePayloads,
	}
	for _, name := range s.Kinds {
		number, ok := gatewayv1.ProxyEventKind_value["PROXY_EVENT_KIND_"+strings.ToUpper(name)]
		if !ok {
			return options, fmt.Errorf("there is no kind %q", name)
		}
		options.Kinds = append(options.Kinds, gatewayv1.ProxyEventKind(number))
	}
	return options, err
}

func endedStream(err error) *stream {
	nothing := make(chan gateway.WatchEvent)
	close(nothing)
	return &stream{
		next:   receive(nothing, seeWatchEvent),
		err:    func() error { return err },
		cancel: func() {},
	}
}

func (p *player) actor(s step) (*gateway.Actor, error) {
	stream, err := p.stream(s.On)
	if err != nil {
		return nil, err
	}
	if stream.actor == nil {
		return nil, fmt.Errorf("%q takes no commands", s.On)
	}
	return stream.actor, nil
}

// Only a command that is waited for tells how it ended.
func commandOptions(s step) []gateway.CommandOption {
	if s.Confirm || s.Error != nil {
		return []gateway.CommandOption{gateway.Confirm()}
	}
	return nil
}

func (p *player) sendOn(ctx context.Context, s step, to gateway.Target, content any) error {
	actor, err := p.actor(s)
	if err != nil {
		return err
	}
	if to, ok := to.(gateway.RemoteActor); ok {
		return actor.Send(ctx, to, content, commandOptions(s)...)
	}
	return actor.SendNamed(ctx, to.(gateway.NamedActor), content, commandOptions(s)...)
}

func (p *player) link(ctx context.Context, s step) (any, error) {
	actor, err := p.actor(s)
	if err != nil {
		return nil, err
	}
	to, err := p.remote(s, s.RemoteID)
	if err != nil {
		return nil, err
	}
	return nil, actor.Link(ctx, to, commandOptions(s)...)
}

func (p *player) halfClose(_ context.Context, s step) (any, error) {
	actor, err := p.actor(s)
	if err == nil {
		actor.HalfClose()
	}
	return nil, err
}

func (p *player) cancelStream(_ context.Context, s step) (any, error) {
	stream, err := p.stream(s.On)
	if err == nil {
		stream.cancel()
	}
	return nil, err
}

func (p *player) see(ctx context.Context, s step) (any, error) {
	stream, err := p.stream(s.On)
	if err != nil {
		return nil, err
	}
	return nil, stream.see(ctx, &p.values, s.Events)
}

func (p *player) end(ctx context.Context, s step) (any, error) {
	stream, err := p.stream(s.On)
	if err != nil {
		return nil, err
	}
	return nil, stream.end(ctx, s.SkipEvents)
}

// --- The gateway

func (p *player) gateway(_ context.Context, s step) (any, error) {
	return nil, p.driver.ask(s.Action)
}
