//! A component, looked at and made ready: manifest, imports, compiled code, roles, one trial instance.
//!
//! Everything that would make a call fail by itself is found here, before anybody calls.

use crate::contract::accounts::exports::latchkey::accounts::backend;
use crate::contract::base::exports::latchkey::plugin::lifecycle;
use crate::contract::identity::exports::latchkey::identity::provider;
use crate::contract::login_page::exports::latchkey::branding::login_page as branding;
use crate::contract::notify::exports::latchkey::notify::method;
use crate::contract::reset::exports::latchkey::reset::source;
use crate::contract::{accounts, app_session, base, identity, login_page, notify, reset};
use crate::cpu::Cpu;
use crate::grants::Granted;
use crate::house::House;
use crate::imports::LENT;
use crate::journal::Journal;
use crate::lent::{Lent, Memory, Spent, Writes};
use crate::manifest::{outline, parse};
use crate::redact::Redactor;
use crate::version::Version;
use crate::{rights, state::MemoryState};
use domain::ids::BackendId;
use domain::plugins::{EndpointSpec, Inspection, Manifest, PluginRole, PluginSource};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre};

/// Bytes of a component at most.
pub(crate) const LARGEST: usize = 32 << 20;

/// Why a component is not run: a sentence that begins with the component, and what was found before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// In words.
    pub why: String,
    /// What it says of itself, where that could be read.
    pub manifest: Option<Box<Manifest>>,
}

/// A component that can be called.
pub(crate) struct Loaded {
    pub(crate) inspection: Inspection,
    pub(crate) version: Version,
    pub(crate) source: PluginSource,
    pre: InstancePre<Lent>,
    lifecycle: base::BaseIndices,
    accounts: Option<accounts::AccountsIndices>,
    identity: Option<identity::IdentityIndices>,
    reset: Option<reset::ResetIndices>,
    notify: Option<notify::NotifyIndices>,
    app_session: Option<app_session::AppSessionIndices>,
    login_page: Option<login_page::LoginPageIndices>,
}

impl Loaded {
    /// Looks at a component and makes it ready. Compiles, so it may take a second; blocks.
    ///
    /// # Errors
    /// [`Refusal`] in words.
    pub(crate) fn examine(
        house: &House,
        bytes: &[u8],
        source: PluginSource,
    ) -> Result<Self, Refusal> {
        let unread = |why: String| Refusal { why, manifest: None };
        if bytes.len() > LARGEST {
            return Err(unread("it is larger than 32 MiB".to_owned()));
        }
        let outline = outline(bytes).map_err(unread)?;
        let text = outline.manifest.ok_or_else(|| {
            unread("it has no manifest (a custom section latchkey:manifest)".to_owned())
        })?;
        let manifest = parse(&text).map_err(unread)?;
        let refuse = |why: String| Refusal { why, manifest: Some(Box::new(manifest.clone())) };
        check_imports(&outline.imports, &manifest).map_err(refuse)?;
        let sha256 = sha256(bytes);
        let component = house
            .cache
            .component(&house.engine, bytes, &sha256)
            .map_err(|cause| refuse(format!("it does not compile: {}", first_line(&cause))))?;
        let this = Self::link(house, &component, &manifest, source).map_err(refuse)?;
        this.try_out(house).map_err(refuse)?;
        let imports = outline.imports;
        let (mut can, cannot) = rights::sentences(&manifest, &imports);
        let login_page = this.login_page.is_some();
        if login_page {
            can.push(rights::LOGIN_PAGE.to_owned());
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let roles = this.roles();
        let inspection =
            Inspection { manifest, sha256, size, roles, login_page, imports, can, cannot };
        Ok(Self { inspection, ..this })
    }

    fn link(
        house: &House,
        component: &Component,
        manifest: &Manifest,
        source: PluginSource,
    ) -> Result<Self, String> {
        let pre = house.linker.instantiate_pre(component).map_err(|cause| {
            format!(
                "it was built for another contract than {}: {}",
                manifest.contract,
                first_line(&cause)
            )
        })?;
        let lifecycle = base::BaseIndices::new(&pre).map_err(|_cause| {
            "it does not export latchkey:plugin/lifecycle, which every plugin does".to_owned()
        })?;
        let this = Self {
            inspection: Inspection {
                manifest: manifest.clone(),
                sha256: String::new(),
                size: 0,
                roles: Vec::new(),
                login_page: false,
                imports: Vec::new(),
                can: Vec::new(),
                cannot: Vec::new(),
            },
            version: Version::parse(&manifest.version)
                .ok_or_else(|| "its version cannot be compared".to_owned())?,
            source,
            lifecycle,
            accounts: accounts::AccountsIndices::new(&pre).ok(),
            identity: identity::IdentityIndices::new(&pre).ok(),
            reset: reset::ResetIndices::new(&pre).ok(),
            notify: notify::NotifyIndices::new(&pre).ok(),
            app_session: app_session::AppSessionIndices::new(&pre).ok(),
            login_page: login_page::LoginPageIndices::new(&pre).ok(),
            pre,
        };
        check_roles(&manifest.roles, &this.roles())?;
        Ok(this)
    }

    /// The roles it exports, in the order of their type.
    fn roles(&self) -> Vec<PluginRole> {
        let found = [
            (PluginRole::Accounts, self.accounts.is_some()),
            (PluginRole::Identity, self.identity.is_some()),
            (PluginRole::Reset, self.reset.is_some()),
            (PluginRole::Notify, self.notify.is_some()),
            (PluginRole::AppSession, self.app_session.is_some()),
        ];
        found.into_iter().filter(|(_, there)| *there).map(|(role, _)| role).collect()
    }

    /// Makes one instance without any right: only then the types of exports are compared.
    fn try_out(&self, house: &House) -> Result<(), String> {
        let limits = self.inspection.manifest.limits;
        let wall = Duration::from_secs(limits.call_s.into());
        let started = Instant::now();
        let trial = BackendId::parse("trial").map_err(|cause| cause.to_string())?;
        let lent = Lent {
            granted: Arc::new(Granted::nothing(trial.into(), &self.inspection.manifest)),
            state: Arc::new(MemoryState::new(house.now.clone())),
            now: house.now.clone(),
            journal: Arc::new(Journal::new()),
            redactor: Redactor::default(),
            started,
            deadline: started + wall,
            writes: Writes::default(),
            memory: Memory::of_mib(limits.memory_mib),
            cpu: Cpu::new(Duration::from_millis(limits.cpu_ms.into())),
            connections: Vec::new(),
            spent: Spent::default(),
        };
        let trial = async {
            let mut store = lent.into_store(&house.engine);
            let instance = self.instantiate(&mut store).await?;
            self.lifecycle.load(&mut store, &instance)?;
            if let Some(role) = &self.accounts {
                role.load(&mut store, &instance)?;
            }
            if let Some(role) = &self.identity {
                role.load(&mut store, &instance)?;
            }
            if let Some(role) = &self.reset {
                role.load(&mut store, &instance)?;
            }
            if let Some(role) = &self.notify {
                role.load(&mut store, &instance)?;
            }
            if let Some(role) = &self.app_session {
                role.load(&mut store, &instance)?;
            }
            if let Some(optional) = &self.login_page {
                optional.load(&mut store, &instance)?;
            }
            Ok(())
        };
        let _ticks = house.ticker.running();
        let tried: wasmtime::Result<()> = apart(async {
            timeout(wall, trial)
                .await
                .unwrap_or_else(|_elapsed| Err(wasmtime::Error::msg("it took too long")))
        })
        .map_err(|cause| format!("it could not be tried out: {cause}"))?;
        tried.map_err(|cause| format!("a trial of it failed: {}", whole(&cause)))
    }

    pub(crate) async fn instantiate(&self, store: &mut Store<Lent>) -> wasmtime::Result<Instance> {
        self.pre.instantiate_async(store).await
    }

    pub(crate) fn lifecycle(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<lifecycle::Guest> {
        Ok(self.lifecycle.load(store, instance)?.latchkey_plugin_lifecycle().clone())
    }

    /// # Errors
    /// Where it does not have the role, which callers have looked up before.
    pub(crate) fn accounts(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<backend::Guest> {
        let role = self.accounts.as_ref().ok_or_else(no_role)?;
        Ok(role.load(store, instance)?.latchkey_accounts_backend().clone())
    }

    /// # Errors
    /// Where it does not have the role, which callers have looked up before.
    pub(crate) fn identity(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<provider::Guest> {
        let role = self.identity.as_ref().ok_or_else(no_role)?;
        Ok(role.load(store, instance)?.latchkey_identity_provider().clone())
    }

    /// # Errors
    /// Where it does not have the role, which callers have looked up before.
    pub(crate) fn reset(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<source::Guest> {
        let role = self.reset.as_ref().ok_or_else(no_role)?;
        Ok(role.load(store, instance)?.latchkey_reset_source().clone())
    }

    /// # Errors
    /// Where it does not have the role, which callers have looked up before.
    pub(crate) fn notify(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<method::Guest> {
        let role = self.notify.as_ref().ok_or_else(no_role)?;
        Ok(role.load(store, instance)?.latchkey_notify_method().clone())
    }

    /// # Errors
    /// Where it does not export this, which callers have looked up before.
    pub(crate) fn login_page(
        &self,
        store: &mut Store<Lent>,
        instance: &Instance,
    ) -> wasmtime::Result<branding::Guest> {
        let optional = self.login_page.as_ref().ok_or_else(no_role)?;
        Ok(optional.load(store, instance)?.latchkey_branding_login_page().clone())
    }
}

fn no_role() -> wasmtime::Error {
    wasmtime::Error::msg("it does not have this role")
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}

/// Runs a future to its end on a thread and a runtime of its own, since the caller may be either on a
/// runtime or on none.
fn apart<T: Send>(work: impl Future<Output = T> + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
            Ok(runtime.block_on(work))
        });
        thread.join().unwrap_or_else(|_panic| Err(std::io::Error::other("the trial broke off")))
    })
}

fn check_imports(imports: &[String], manifest: &Manifest) -> Result<(), String> {
    let connects = |spec: &EndpointSpec| matches!(spec, EndpointSpec::Tcp { .. });
    for import in imports {
        let (interface, _version) = import.split_once('@').unwrap_or((import, ""));
        if interface == "latchkey:host/tcp" && !manifest.endpoints.values().any(connects) {
            return Err(format!(
                "it imports {import}, and its manifest has no endpoint with a host and a port"
            ));
        }
        if LENT.contains(&interface) {
            continue;
        }
        return Err(if interface == "latchkey:host/websocket" {
            format!("it imports {import}, which this version does not lend yet")
        } else if interface.starts_with("wasi:") {
            format!("it imports {import}; WASI is not lent, build it for wasm32-unknown-unknown")
        } else {
            format!("it imports {import}, which is not lent to anybody")
        });
    }
    Ok(())
}

fn check_roles(said: &[PluginRole], found: &[PluginRole]) -> Result<(), String> {
    if let Some(role) = said.iter().find(|role| !found.contains(role)) {
        return Err(format!("its manifest says {}, which it does not export", rights::role(*role)));
    }
    if let Some(role) = found.iter().find(|role| !said.contains(role)) {
        return Err(format!("it exports {}, which its manifest does not say", rights::role(*role)));
    }
    Ok(())
}

fn first_line(cause: &wasmtime::Error) -> String {
    whole(cause).lines().next().unwrap_or_default().to_owned()
}

/// The error and its causes in one line.
fn whole(cause: &wasmtime::Error) -> String {
    let words: Vec<String> = cause.chain().map(ToString::to_string).collect();
    words.join(": ")
}
