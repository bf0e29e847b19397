#pragma once

#include "CoreMinimal.h"
#include "Subsystems/GameInstanceSubsystem.h"
#include "Tickable.h"
#include "GanrtAvatarsSubsystem.generated.h"

class UTexture2D;
struct ganrt_avatars;
struct FGanrtDelivery;

/** A texture, or null and why there is none. */
using FGanrtReady = TFunction<void(UTexture2D* Texture, const FString& Problem)>;

/**
 * One kit for the whole game, drawn by a thread of its own; finished pictures become textures for Budget microseconds a
 * frame. Its options are those of DefaultGame.ini, [/Script/GanrtAvatars.GanrtAvatarsSubsystem].
 */
UCLASS(Config = Game)
class GANRTAVATARS_API UGanrtAvatarsSubsystem : public UGameInstanceSubsystem, public FTickableGameObject
{
    GENERATED_BODY()

public:
    /** The kit's folder, below Content. Packaging: DirectoriesToAlwaysStageAsNonUFS, since the files are read from disk. */
    UPROPERTY(Config)
    FString Kit = TEXT("kit");

    /** Pixels a side; 0: the model's own. */
    UPROPERTY(Config)
    int32 Side = 0;

    UPROPERTY(Config)
    bool bRoundMask = false;

    /** Microseconds a frame. */
    UPROPERTY(Config)
    int32 Budget = 2000;

    /** What draws, in order of preference, such as "onnxruntime-directml, builtin". */
    UPROPERTY(Config)
    FString Backends = TEXT("builtin");

    /** The path of ONNX Runtime's library; empty: by its usual name, where the system looks. */
    UPROPERTY(Config)
    FString OnnxRuntime;

    /** The avatar of a player's name or id. Ready is called on the game thread: at once if it cannot be asked for. */
    void Request(const FString& Player, int32 Priority, FGanrtReady Ready);

    virtual void Initialize(FSubsystemCollectionBase& Collection) override;
    virtual void Deinitialize() override;
    virtual void Tick(float DeltaTime) override;
    virtual TStatId GetStatId() const override;
    virtual bool IsTickable() const override { return Avatars != nullptr; }
    virtual bool IsTickableWhenPaused() const override { return true; }

private:
    struct FAsked
    {
        FString Player;
        int32 Priority;
        FGanrtReady Ready;
    };

    friend struct FGanrtDelivery;
    ganrt_avatars* Avatars = nullptr;
    FString Problem;
    TMap<uint64, FGanrtReady> Waiting;
    TArray<FAsked> NoRoomYet;

    bool Ask(const FAsked& Asked);
};
