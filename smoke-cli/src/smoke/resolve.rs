//! From targets to the replicas that there are now.

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

/// Resolves names as they are now: nothing is remembered from one time to the next.
pub(crate) struct Resolver(Option<TokioResolver>);

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
            return Ok(Self(None));
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
            .map(|resolver| Self(Some(resolver)))
            .map_err(|error| error.to_string())
    }

    /// The replicas of these targets. One that two of them lead to is there once.
    pub(crate) async fn resolve(&self, targets: &[Target]) -> Resolved {
        let mut resolved = Resolved::default();
        let mut known: BTreeMap<String, Vec<Replica>> = BTreeMap::new();
        for target in targets {
            match self.replicas(target).await {
                Ok(replicas) => {
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
                Err(problem) => {
                    let problem = format!("{}: {problem}", target.written);
                    resolved.problems.push(problem);
                }
            }
        }
        resolved
    }

    async fn replicas(&self, target: &Target) -> Result<Vec<Replica>, String> {
        let Some(resolver) = self.0.as_ref().filter(|_| target.means != Means::Itself) else {
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
            0 => Err("resolves to nothing".to_owned()),
            1..=MOST => Ok(replicas),
            many => Err(format!("resolves to {many} addresses")),
        }
    }
}

async fn services(resolver: &TokioResolver, name: &str) -> Result<Vec<(Host, u16)>, String> {
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

async fn addresses(resolver: &TokioResolver, host: &Host) -> Result<Vec<IpAddr>, String> {
    match host {
        Host::Ipv4(ip) => Ok(vec![(*ip).into()]),
        Host::Ipv6(ip) => Ok(vec![(*ip).into()]),
        Host::Domain(name) => {
            let found = resolver.lookup_ip(name.as_str()).await.map_err(told)?;
            Ok(found.iter().collect())
        }
    }
}

fn told(error: NetError) -> String {
    if error.is_no_records_found() {
        "resolves to nothing".to_owned()
    } else {
        format!("cannot be resolved: {error}")
    }
}
