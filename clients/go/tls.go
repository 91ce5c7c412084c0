package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"google.golang.org/grpc/credentials"
)

// TLSOptions say how a connection is encrypted, and who vouches for whom. The
// zero value trusts the system's certificate authorities.
type TLSOptions struct {
	// CA is the path of certificates in PEM, which are trusted instead of the
	// system's.
	CA string
	// Cert and Key are the paths of the client's own certificate and its private
	// key, in PEM. Both or neither.
	Cert string
	Key  string
	// ServerName is what the gateway's certificate must have; empty: the host
	// of the address.
	ServerName string
}

func (o TLSOptions) credentials() (credentials.TransportCredentials, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName}
	if (o.Cert == "") != (o.Key == "") {
		return nil, errors.New("gateway: TLS: Cert and Key only together")
	}
	if o.Cert != "" {
		own, err := tls.LoadX509KeyPair(o.Cert, o.Key)
		if err != nil {
			return nil, fmt.Errorf("gateway: TLS: Cert and Key: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("gateway: TLS: CA: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("gateway: TLS: CA: %s has no certificate in PEM", o.CA)
		}
	}
	return credentials.NewTLS(config), nil
}
