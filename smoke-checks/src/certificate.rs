//! A TLS certificate is valid for some time to come.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use smoke_core::{Error, Failure, Result, Test, fail};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::parse_x509_certificate;

use crate::check::{self, shown};
use crate::connect::connect;
use crate::own_thread::OwnThread;
use crate::trust::{handshake, host_of};

/// A TLS certificate, and its whole chain, that is valid for 14 more days unless set.
///
/// [`of`](Self::of) asks the server: the chain that it sends has to be believed by this system, and to
/// be of its name. [`in_file`](Self::in_file) reads what a server will load: who is believed is not
/// looked at there.
///
/// It is *shared*: it tells of what is coming, to all replicas on the same day. Say
/// `Test::from(..).advisory()` where it should not hold up a deploy.
///
/// # Fails when
///
/// A certificate of the chain ends before, has ended or has not begun, the server cannot be reached
/// within 5 seconds ([`within`](Self::within)) or is not believed, or the file cannot be read, holds no
/// certificate, or holds a chain in which one is not issued by the next, as far as their names say it. A server that sends a
/// certificate which nobody needs any more should not: it counts, too.
///
/// # Errors
///
/// It errs where a certificate cannot be read, or where this system believes nobody.
///
/// # Examples
///
/// ```
/// use smoke_checks::Certificate;
/// use smoke_core::{Registry, Test};
///
/// let registry = Registry::new()
///     .test(Certificate::of("shop.example:443").valid_for_days(21))
///     .test(Test::from(Certificate::in_file("/etc/shop/tls.pem")).named("shop::tls::file_is_valid"));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Certificate {
    place: Place,
    days: u32,
    roots: Option<PathBuf>,
    within: Duration,
}

#[derive(Clone, Debug)]
enum Place {
    Server(String),
    File(PathBuf),
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Certificate {
    /// The check of what the server at `HOST:PORT` sends.
    pub fn of(server: impl Into<String>) -> Self {
        Self::at(Place::Server(server.into()))
    }

    /// The check of the certificates in a PEM file, the server's own first.
    pub fn in_file(file: impl Into<PathBuf>) -> Self {
        Self::at(Place::File(file.into()))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            days: 14,
            roots: None,
            within: Duration::from_secs(5),
        }
    }

    /// Sets for how many more days all of the chain has to be valid. 14 unless set.
    pub fn valid_for_days(mut self, days: u32) -> Self {
        self.days = days;
        self
    }

    /// Believes the certificates in a PEM file, too, beside the system's. For a server.
    pub fn ca_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.roots = Some(file.into());
        self
    }

    /// Sets how long it may take to get the certificates. 5 seconds unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    async fn look(self, thread: OwnThread<Vec<CertificateDer<'static>>>) -> Result {
        let chain = match &self.place {
            Place::Server(server) => self.ask(server).await?,
            Place::File(file) => {
                let (file, what) = (file.clone(), self.place.shown());
                let read = move || Ok(read(&file)?);
                thread.run(&what, self.within, read).await?
            }
        };
        let chain: Vec<_> = chain.iter().map(|der| parse(der)).collect::<Result<_>>()?;
        let place = self.place.shown();
        if matches!(self.place, Place::File(_)) {
            in_order(&place, &chain)?;
        }
        for certificate in &chain {
            valid(&place, certificate, self.days, SystemTime::now())?;
        }
        Ok(())
    }

    async fn ask(&self, server: &str) -> Result<Vec<CertificateDer<'static>>> {
        let asking = async {
            let stream = connect(server, self.within).await?;
            let stream = handshake(host_of(server), self.roots.as_deref(), &[], stream).await?;
            let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
            Ok(chain
                .iter()
                .cloned()
                .map(CertificateDer::into_owned)
                .collect())
        };
        let within = shown(self.within);
        timeout(self.within, asking).await.unwrap_or_else(|_| {
            let said = format!("no TLS with {server} within {within}: does it speak TLS there?");
            Err(Failure::new(said).into())
        })
    }
}

impl Place {
    fn shown(&self) -> String {
        match self {
            Self::Server(server) => server.clone(),
            Self::File(file) => file.display().to_string(),
        }
    }
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let chain: Vec<_> =
        read.map_err(|error| Failure::new(format!("{} cannot be read: {error}", file.display())))?;
    if chain.is_empty() {
        let said = format!(
            "{} holds no certificate: was another file meant?",
            file.display()
        );
        return Err(Failure::new(said));
    }
    Ok(chain)
}

fn parse<'der>(der: &'der CertificateDer<'_>) -> Result<X509Certificate<'der>> {
    let parsed = parse_x509_certificate(der);
    let parsed =
        parsed.map_err(|error| Error::msg(format!("a certificate cannot be read: {error}")))?;
    Ok(parsed.1)
}

/// Each has to be issued by the next: a server sends them as they stand.
fn in_order(place: &str, chain: &[X509Certificate<'_>]) -> Result {
    for pair in chain.windows(2) {
        if pair[0].issuer() != pair[1].subject() {
            fail!(
                "{place}: {} is issued by {}, and is followed by {}: put the chain in order",
                pair[0].subject(),
                pair[0].issuer(),
                pair[1].subject()
            );
        }
    }
    Ok(())
}

fn valid(place: &str, certificate: &X509Certificate<'_>, days: u32, now: SystemTime) -> Result {
    let (begin, end) = {
        let validity = certificate.validity();
        (
            validity.not_before.timestamp(),
            validity.not_after.timestamp(),
        )
    };
    let of = certificate.subject();
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if begin > seconds {
        fail!("{place}: the certificate of {of} is not valid yet: is the clock right?");
    }
    let left = end.saturating_sub(seconds);
    if left < 0 {
        fail!("{place}: the certificate of {of} has ended: renew it");
    }
    if left.unsigned_abs() < DAY.as_secs() * u64::from(days) {
        fail!(
            "{place}: the certificate of {of} ends in {} days, and should be valid for {days}: renew it",
            left.unsigned_abs() / DAY.as_secs()
        );
    }
    Ok(())
}

impl From<Certificate> for Test {
    fn from(check: Certificate) -> Self {
        let place = check.place.shown();
        let description = format!(
            "the certificate of {place} is valid for {} days",
            check.days
        );
        let within = check.within;
        let thread = OwnThread::new();
        check::test("certificate", description, within, move || {
            check.clone().look(thread.clone())
        })
    }
}
