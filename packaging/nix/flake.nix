# Untested: only its syntax is checked. Builds kelpie-check from this checkout:
# nix build 'path:.?dir=packaging/nix'
{
  description = "Predict whether a Linux image boots in a virtual machine, and why not";

  inputs.nixpkgs.url = "nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      manifest = (nixpkgs.lib.importTOML ../../Cargo.toml).package;
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = manifest.name;
          version = manifest.version;
          src = ../..;
          cargoLock.lockFile = ../../Cargo.lock;
          buildType = "dist";
          # The tests need the whole repository, QEMU and real kernels; CI runs them.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            mkdir man
            $out/bin/kelpie-check man man
            installManPage man/*.1
            for shell in bash zsh fish; do
              $out/bin/kelpie-check completions $shell >kelpie-check.$shell
              installShellCompletion --$shell kelpie-check.$shell
            done
          '';
          meta = {
            description = manifest.description;
            license = with nixpkgs.lib.licenses; [ mit asl20 ];
            mainProgram = "kelpie-check";
            platforms = systems;
          };
        };
      });
    };
}
