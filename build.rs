//! Chooses the dashboard that goes into the binary: `UNSPOOL_UI_DIR`, else a built `web/dist`,
//! else the one page of `web/fallback`. `UNSPOOL_UI_REQUIRE=1` makes the last one an error.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["UNSPOOL_UI_DIR", "UNSPOOL_UI_REQUIRE"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let (folder, full) = choose(&root)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let code = format!(
        "#[derive(RustEmbed)]\n#[folder = {:?}]\nstruct Assets;\n\nconst FULL: bool = {full};\n",
        folder.display().to_string()
    );
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("dashboard.rs"),
        code,
    )?;
    Ok(())
}

fn choose(root: &Path) -> Result<(PathBuf, bool), Box<dyn Error>> {
    let is_built = |folder: &Path| folder.join("index.html").is_file();
    if let Some(folder) = env::var_os("UNSPOOL_UI_DIR").filter(|folder| !folder.is_empty()) {
        let folder = root.join(folder);
        if is_built(&folder) {
            return Ok((folder, true));
        }
        return Err(format!("UNSPOOL_UI_DIR: no index.html in {}", folder.display()).into());
    }
    let built = root.join("web/dist");
    // Cargo takes a folder that is missing for one that has changed, and would build anew each
    // time; an empty one can be watched.
    if !built.exists() && fs::create_dir_all(&built).is_err() {
        println!("cargo::rerun-if-changed=web");
    }
    println!("cargo::rerun-if-changed=web/dist");
    if is_built(&built) {
        return Ok((built, true));
    }
    if env::var("UNSPOOL_UI_REQUIRE").is_ok_and(|require| !matches!(&*require, "" | "0" | "false"))
    {
        return Err(
            "UNSPOOL_UI_REQUIRE is set, but web/dist has no index.html: build the \
                    dashboard first (npm ci && npm run build, in web/)"
                .into(),
        );
    }
    Ok((root.join("web/fallback"), false))
}
