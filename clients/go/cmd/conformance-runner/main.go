// conformance-runner does the scenarios of clients/conformance with the Go
// client. It reads JSON lines from stdin and writes JSON lines to stdout, as
// clients/conformance/README.md says.
package main

import (
	"encoding/json"
	"io"
	"log"
	"os"

	"thespian.dev/gateway"
)

type order struct {
	Address  string              `json:"address"`
	TLS      *gateway.TLSOptions `json:"tls"`
	Scenario scenario            `json:"scenario"`
}

type verdict struct {
	Name   string `json:"name"`
	Pass   bool   `json:"pass"`
	Detail string `json:"detail"`
}

// driver is whoever runs this program.
type driver struct {
	in  *json.Decoder
	out *json.Encoder
}

// ask has the driver do something to the gateway, and waits until it is done.
func (d driver) ask(action string) error {
	if err := d.out.Encode(map[string]string{"ask": action}); err != nil {
		return err
	}
	var answer struct {
		Done string `json:"done"`
	}
	return d.in.Decode(&answer)
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("conformance-runner: ")
	d := driver{in: json.NewDecoder(os.Stdin), out: json.NewEncoder(os.Stdout)}
	d.in.UseNumber()
	for {
		var next order
		if err := d.in.Decode(&next); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		result := verdict{Name: next.Scenario.Name, Pass: true}
		if err := run(next, d); err != nil {
			result.Pass, result.Detail = false, err.Error()
		}
		if err := d.out.Encode(result); err != nil {
			log.Fatal(err)
		}
	}
}
