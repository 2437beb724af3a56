//! From targets to the replicas that there are now.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use url::Host;

use super::replica::Replica;
use super::target::{Means, Target};

/// More than that behind one name is a mistake in a zone, and no fleet.
const MOST: usize = 10_000;

/// Resolves names as they are now. What a name led to before counts only while nobody can say what it leads
/// to.
pub(crate) struct Resolver {
    /// None where no target needs it.
    names: Option<TokioResolver>,
    last: RefCell<Last>,
}

/// What targets led to when that could be said last.
#[derive(Default)]
struct Last(BTreeMap<String, Vec<Replica>>);

/// Why a target leads to no replica.
#[derive(Debug)]
enum Unresolved {
    /// There is none, or not as it should be.
    Wrong(String),
    /// Nobody could say.
    Unknown(String),
}

/// The replicas of all targets, and what did not lead to one.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) replicas: Vec<Replica>,
    pub(crate) problems: Vec<String>,
}

impl Resolver {
    /// Asks this server, or those that the system names. Where no target needs one, none is set up.
    pub(crate) fn new(server: Option<SocketAddr>, targets: &[Target]) -> Result<Self, String> {
        if targets.iter().all(|target| target.means == Means::Itself) {
            return Ok(Self::with(None));
        }
        let mut builder = match server {
            Some(address) => {
                let mut server = NameServerConfig::udp_and_tcp(address.ip());
                for connection in &mut server.connections {
                    connection.port = address.port();
                }
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
            None => TokioResolver::builder_tokio().map_err(|error| {
                format!(
                    "the system's DNS servers are not known ({error}): name one with --dns-server"
                )
            })?,
        };
        let options = builder.options_mut();
        // What was true in the round before is not asked for.
        options.cache_size = 0;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        builder
            .build()
            .map(|names| Self::with(Some(names)))
            .map_err(|error| error.to_string())
    }

    fn with(names: Option<TokioResolver>) -> Self {
        Self {
            names,
            last: RefCell::default(),
        }
    }

    /// The replicas of these targets. One that two of them lead to is there once.
    pub(crate) async fn resolve(&self, targets: &[Target]) -> Resolved {
        let mut resolved = Resolved::default();
        let mut known: BTreeMap<String, Vec<Replica>> = BTreeMap::new();
        for target in targets {
            let found = self.replicas(target).await;
            let (replicas, problem) = self.last.borrow_mut().or_these(&target.written, found);
            resolved.problems.extend(problem);
            for mut replica in replicas {
                let same = known.entry(replica.name.clone()).or_default();
                if same.contains(&replica) {
                    continue;
                }
                same.push(replica.clone());
                if same.len() > 1 {
                    // At one address it may be another service, by another name.
                    replica.name += &format!(" ({})", replica.authority());
                }
                resolved.replicas.push(replica);
            }
        }
        resolved
    }

    async fn replicas(&self, target: &Target) -> Result<Vec<Replica>, Unresolved> {
        let names = self.names.as_ref();
        let Some(resolver) = names.filter(|_| target.means != Means::Itself) else {
            return Ok(vec![Replica::itself(target)]);
        };
        resolver.clear_cache();
        let places = match target.means {
            Means::Services => services(resolver, &target.host.to_string()).await?,
            _ => vec![(target.host.clone(), target.port)],
        };
        let mut replicas = Vec::new();
        for (host, port) in places {
            // In an order that is the same from round to round.
            let addresses: BTreeSet<SocketAddr> = addresses(resolver, &host)
                .await?
                .into_iter()
                .map(|ip| (ip, port).into())
                .collect();
            let at = |address| Replica::at(target, address, host.clone());
            replicas.extend(addresses.into_iter().map(at));
        }
        match replicas.len() {
            0 => Err(Unresolved::Wrong("resolves to nothing".to_owned())),
            1..=MOST => Ok(replicas),
            many => Err(Unresolved::Wrong(format!("resolves to {many} addresses"))),
        }
    }
}

impl Last {
    /// What was found, and what is wrong with it. Where nobody could say, those that were there last may be
    /// there still, and what they said is not forgotten.
    fn or_these(
        &mut self,
        target: &str,
        found: Result<Vec<Replica>, Unresolved>,
    ) -> (Vec<Replica>, Option<String>) {
        let problem = |why| Some(format!("{target}: {why}"));
        match found {
            Ok(replicas) => {
                self.0.insert(target.to_owned(), replicas.clone());
                (replicas, None)
            }
            Err(Unresolved::Wrong(why)) => {
                self.0.remove(target);
                (Vec::new(), problem(why))
            }
            Err(Unresolved::Unknown(why)) => {
                let last = self.0.get(target).cloned();
                (last.unwrap_or_default(), problem(why))
            }
        }
    }
}

async fn services(resolver: &TokioResolver, name: &str) -> Result<Vec<(Host, u16)>, Unresolved> {
    let found = resolver.srv_lookup(name).await.map_err(told)?;
    let mut places = BTreeSet::new();
    for record in found.answers() {
        // A single dot says that there is no such service.
        if let RData::SRV(service) = &record.data
            && !service.target.is_root()
        {
            let name = service.target.to_ascii();
            places.insert((name.trim_end_matches('.').to_owned(), service.port));
        }
    }
    let places = places.into_iter();
    Ok(places
        .map(|(name, port)| (Host::Domain(name), port))
        .collect())
}

async fn addresses(resolver: &TokioResolver, host: &Host) -> Result<Vec<IpAddr>, Unresolved> {
    match host {
        Host::Ipv4(ip) => Ok(vec![(*ip).into()]),
        Host::Ipv6(ip) => Ok(vec![(*ip).into()]),
        Host::Domain(name) => {
            let found = resolver.lookup_ip(name.as_str()).await.map_err(told)?;
            Ok(found.iter().collect())
        }
    }
}

fn told(error: NetError) -> Unresolved {
    if error.is_no_records_found() {
        Unresolved::Wrong("resolves to nothing".to_owned())
    } else {
        Unresolved::Unknown(format!("cannot be resolved: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_stay_while_nobody_can_say_where_a_name_leads() {
        let target: Target = "http://10.0.0.1:8080".parse().unwrap();
        let replicas = || vec![Replica::itself(&target)];
        let mut last = Last::default();
        let unknown = || {
            Err(Unresolved::Unknown(
                "cannot be resolved: refused".to_owned(),
            ))
        };
        let (found, problem) = last.or_these("shop", unknown());
        assert_eq!(found, []);
        assert_eq!(problem.unwrap(), "shop: cannot be resolved: refused");

        assert_eq!(last.or_these("shop", Ok(replicas())), (replicas(), None));
        let (found, problem) = last.or_these("shop", unknown());
        assert_eq!(found, replicas());
        assert!(problem.is_some(), "such a round can be no PASS");
        assert_eq!(last.or_these("other", unknown()).0, []);

        let gone = Err(Unresolved::Wrong("resolves to nothing".to_owned()));
        assert_eq!(last.or_these("shop", gone).0, []);
        assert_eq!(last.or_these("shop", unknown()).0, []);
    }
}
