#include "GanrtAvatarsSubsystem.h"

#include "Engine/Texture2D.h"
#include "HAL/FileManager.h"
#include "Misc/Paths.h"
#include "Modules/ModuleManager.h"
#include "TextureResource.h"
#include "ganrt_avatars.h"

IMPLEMENT_MODULE(FDefaultModuleImpl, GanrtAvatars)

static FString SentenceOf(ganrt_avatars_status Status)
{
    return UTF8_TO_TCHAR(ganrt_avatars_sentence(Status));
}

static UTexture2D* TextureOf(const ganrt_avatars_picture& Picture)
{
    UTexture2D* Texture = UTexture2D::CreateTransient(Picture.width, Picture.height, PF_R8G8B8A8);
    FTexture2DMipMap& Mip = Texture->GetPlatformData()->Mips[0];
    FMemory::Memcpy(Mip.BulkData.Lock(LOCK_READ_WRITE), Picture.pixels, SIZE_T(4) * Picture.width * Picture.height);
    Mip.BulkData.Unlock();
    Texture->SRGB = true;
    Texture->UpdateResource();
    return Texture;
}

struct FGanrtDelivery
{
    static void Deliver(void* Context, const ganrt_avatars_picture* Picture)
    {
        FGanrtReady Ready;
        static_cast<UGanrtAvatarsSubsystem*>(Context)->Waiting.RemoveAndCopyValue(Picture->ticket, Ready);
        if (Picture->pixels)
            Ready(TextureOf(*Picture), FString());
        else
            Ready(nullptr, SentenceOf(Picture->status));
    }
};

void UGanrtAvatarsSubsystem::Initialize(FSubsystemCollectionBase& Collection)
{
    Super::Initialize(Collection);
    const FString Folder = IFileManager::Get().ConvertToAbsolutePathForExternalAppForRead(*FPaths::Combine(FPaths::ProjectContentDir(), Kit));
    ganrt_avatars_options Options = ganrt_avatars_defaults();
    Options.width = Options.height = uint32(Side);
    Options.round = bRoundMask;
    const FTCHARToUTF8 Names(*Backends), Library(*OnnxRuntime);
    Options.backends = Names.Get();
    Options.onnxruntime = OnnxRuntime.IsEmpty() ? nullptr : Library.Get();
    const ganrt_avatars_status Status = ganrt_avatars_open(TCHAR_TO_UTF8(*Folder), &Options, &Avatars);
    if (Status != GANRT_AVATARS_OK)
    {
        Problem = Folder + TEXT(": ") + SentenceOf(Status);
        UE_LOG(LogTemp, Error, TEXT("avatars: %s"), *Problem);
    }
}

void UGanrtAvatarsSubsystem::Deinitialize()
{
    ganrt_avatars_close(Avatars);
    Avatars = nullptr;
    Waiting.Empty();
    NoRoomYet.Empty();
    Super::Deinitialize();
}

void UGanrtAvatarsSubsystem::Request(const FString& Player, int32 Priority, FGanrtReady Ready)
{
    const FAsked Asked{Player, Priority, MoveTemp(Ready)};
    if (!Avatars)
        Asked.Ready(nullptr, Problem);
    else if (!Ask(Asked))
        NoRoomYet.Add(Asked);
}

/** False: there is no room now. */
bool UGanrtAvatarsSubsystem::Ask(const FAsked& Asked)
{
    const FTCHARToUTF8 Name(*Asked.Player);
    uint64_t Ticket = 0;
    const ganrt_avatars_status Status =
        ganrt_avatars_request_name(Avatars, Name.Get(), size_t(Name.Length()), 0, Asked.Priority, nullptr, &Ticket);
    if (Status == GANRT_AVATARS_FULL)
        return false;
    if (Status == GANRT_AVATARS_OK)
        Waiting.Add(Ticket, Asked.Ready);
    else
        Asked.Ready(nullptr, SentenceOf(Status));
    return true;
}

void UGanrtAvatarsSubsystem::Tick(float DeltaTime)
{
    int32 Done = 0;
    while (Done < NoRoomYet.Num() && Ask(FAsked(NoRoomYet[Done])))
        Done++;
    NoRoomYet.RemoveAt(0, Done);
    ganrt_avatars_poll(Avatars, uint32(FMath::Max(0, Budget)), FGanrtDelivery::Deliver, this);
}

TStatId UGanrtAvatarsSubsystem::GetStatId() const
{
    RETURN_QUICK_DECLARE_CYCLE_STAT(UGanrtAvatarsSubsystem, STATGROUP_Tickables);
}
