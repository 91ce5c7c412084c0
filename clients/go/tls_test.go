package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
)

// authority signs certificates, and writes them as PEM into a folder.
type authority struct {
	t      *testing.T
	folder string
	own    *x509.Certificate
	key    *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, folder: t.TempDir()}
	a.own, a.key = a.sign("ca", true)
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.folder, name) }

// sign writes NAME.pem and NAME.key; the certificate is of the host NAME.test.
func (a *authority) sign(name string, isCA bool) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	a.check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name + ".test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IsCA:         isCA, BasicConstraintsValid: true,
	}
	parent, parentKey := a.own, a.key
	if isCA {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	a.check(err)
	secret, err := x509.MarshalECPrivateKey(key)
	a.check(err)
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "EC PRIVATE KEY", secret)
	made, err := x509.ParseCertificate(der)
	a.check(err)
	return made, key
}

func (a *authority) write(name, kind string, bytes []byte) {
	a.t.Helper()
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	a.check(os.WriteFile(a.path(name), block, 0o600))
}

func (a *authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// serverOption makes a server that wants certificates of its clients.
func (a *authority) serverOption() grpc.ServerOption {
	a.t.Helper()
	a.sign("server", false)
	pair, err := tls.LoadX509KeyPair(a.path("server.pem"), a.path("server.key"))
	a.check(err)
	known := x509.NewCertPool()
	known.AddCert(a.own)
	return grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{pair},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    known,
		MinVersion:   tls.VersionTLS12,
	}))
}

func TestTLSWithCertificatesOfBoth(t *testing.T) {
	ca := newAuthority(t)
	ca.sign("client", false)
	_, address := serveRecorder(t, ca.serverOption())
	full := TLSOptions{CA: ca.path("ca.pem"), Cert: ca.path("client.pem"),
		Key: ca.path("client.key"), ServerName: "server.test"}
	if err := callOverTLS(t, address, full); err != nil {
		t.Errorf("with everything: %v", err)
	}
	for name, change := range map[string]func(*TLSOptions){
		"no certificate": func(o *TLSOptions) { o.Cert, o.Key = "", "" },
		"another name":   func(o *TLSOptions) { o.ServerName = "other.test" },
		"another CA":     func(o *TLSOptions) { o.CA = "" },
	} {
		options := full
		change(&options)
		t.Log(name)
		expectError(t, callOverTLS(t, address, options), codes.Unavailable, "")
	}
}

func callOverTLS(t *testing.T, address string, options TLSOptions) error {
	t.Helper()
	client, err := Connect(address, ConnectOptions{TLS: &options})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = client.Call(testContext(t), Named("echo"), 1)
	return err
}

func TestTLSOptionsThatAreWrongAreNamed(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing.pem")
	if err := os.WriteFile(nothing, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, options := range map[string]TLSOptions{
		"Cert and Key only together": {Cert: nothing},
		"TLS: Cert and Key":          {Cert: nothing, Key: nothing},
		"no such file":               {CA: nothing + "x"},
		"no certificate in PEM":      {CA: nothing},
	} {
		options := options
		_, err := Connect("localhost:1", ConnectOptions{TLS: &options})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", options, err, want)
		}
	}
}
