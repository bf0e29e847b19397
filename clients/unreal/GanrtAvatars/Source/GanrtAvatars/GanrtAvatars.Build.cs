using UnrealBuildTool;

public class GanrtAvatars : ModuleRules
{
    public GanrtAvatars(ReadOnlyTargetRules Target) : base(Target)
    {
        PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
        bUseUnity = false; // ganrt_avatars_single.c is C, and a file of its own
        FPSemantics = FPSemanticsMode.Precise; // latents are exact only if operations are rounded one by one
        PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine" });
    }
}
